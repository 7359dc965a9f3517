"use client";
import "react-image-crop/dist/ReactCrop.css";
import { useEffect, useRef, useState } from "react";
import ReactCrop, { type PercentCrop } from "react-image-crop";
import { Button } from "@/parts/button";
import { Dialog } from "@/parts/dialog";
import { Skeleton } from "@/parts/skeleton";
import { create as words } from "@/words/create";
import { pictureFile } from "./actions";
import { replacePicture } from "./bar-pictures";
import { partOf } from "./cropping";
import type { Picture } from "./draft";
import { originalOf } from "./uploads";

const BEGIN: PercentCrop = { unit: "%", x: 10, y: 10, width: 80, height: 80 };
/** A smaller part is no picture that a model could use. */
const LEAST_PX = 16;

interface Props {
  readonly picture: Picture;
  readonly n: number;
  /** Where the focus goes afterwards. */
  readonly neighbour: () => HTMLElement | null;
  readonly onClose: () => void;
}

/** Cuts a part out of a picture. The part is a new upload; the picture itself stays as it was. */
export default function CropDialog({ picture, n, neighbour, onClose }: Props) {
  const image = useRef<HTMLImageElement>(null);
  const [file, setFile] = useState<Blob>();
  const [failed, setFailed] = useState(false);
  const [crop, setCrop] = useState<PercentCrop>(BEGIN);
  const address = useObjectUrl(file);
  useEffect(() => {
    let isOld = false;
    const kept = originalOf(picture.id);
    const whole = kept ? Promise.resolve(kept) : pictureFile(picture.path ?? "");
    whole.then(
      (found) => !isOld && setFile(found),
      () => !isOld && setFailed(true),
    );
    return () => {
      isOld = true;
    };
  }, [picture.id, picture.path]);
  const cut = async () => {
    if (!image.current || !file) return;
    const part = await partOf(image.current, crop, file.type).catch(() => undefined);
    if (!part) return setFailed(true);
    replacePicture(picture, part);
    onClose();
  };
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={words.cropOf(n)}
      neighbour={neighbour}
      footer={
        <Button look="primary" onClick={() => void cut()} unavailable={file ? undefined : words.cropLater}>
          {words.cropDo}
        </Button>
      }
    >
      {failed && <p className="text-control text-text2">{words.cropFails}</p>}
      {!failed && !address && <Skeleton className="aspect-square" />}
      {address && (
        <ReactCrop
          crop={crop}
          onChange={(_, percent) => setCrop(percent)}
          keepSelection
          minWidth={LEAST_PX}
          minHeight={LEAST_PX}
          ariaLabels={words.cropHandles}
          className="max-h-[60dvh]"
        >
          <img ref={image} src={address} alt={words.picture(n)} onError={() => setFailed(true)} />
        </ReactCrop>
      )}
    </Dialog>
  );
}

function useObjectUrl(file: Blob | undefined): string | undefined {
  const [address, setAddress] = useState<string>();
  useEffect(() => {
    if (!file) return;
    const made = URL.createObjectURL(file);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return address;
}
